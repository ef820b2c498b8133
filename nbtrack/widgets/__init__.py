"""What notebooks show of runs and revisions: MIME bundles that read well in any front end."""
