/** Syntax highlighting with JupyterLab's own languages, for text that is not in an editor. */

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { classHighlighter, highlightTree } from '@lezer/highlight';

import type { Token } from '../components/diff/lines';
import type { Highlight } from '../components/diff/types';

const PLAIN: Highlight = () => [];
/** Longer text is shown plain: parsing it would be felt. */
const MAX_CHARACTERS = 100_000;

/** A highlighter for notebook cells; plain where a language is not known. */
export async function cellHighlight(
  languages: IEditorLanguageRegistry | null,
  codeLanguage: string = 'ipython'
): Promise<Highlight> {
  if (!languages) {
    return PLAIN;
  }
  const [code, markdown] = await Promise.all([
    languages.getLanguage(codeLanguage),
    languages.getLanguage('ipythongfm')
  ]);
  const parsers: Record<string, Parser | undefined> = {
    code: code?.support?.language.parser,
    markdown: markdown?.support?.language.parser
  };
  return (source, cellType) => {
    const parser = parsers[cellType];
    return parser && source.length <= MAX_CHARACTERS ? tokens(parser, source) : [];
  };
}

type Tree = Parameters<typeof highlightTree>[0];
interface Parser {
  parse(source: string): Tree;
}

function tokens(parser: Parser, source: string): Token[] {
  const found: Token[] = [];
  highlightTree(parser.parse(source), classHighlighter, (from, to, className) => {
    found.push({ from, to, className });
  });
  return found;
}
