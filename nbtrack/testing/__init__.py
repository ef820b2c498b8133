"""Help for tests of nbtrack and of other stores: the contract suite, builders, a fake clock."""
