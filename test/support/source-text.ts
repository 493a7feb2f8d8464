/**
 * Source code as text, without a compiler: enough to tell code from comments and strings, and to find imports.
 * It knows comments, strings, templates with code in them, and regular expressions where no value can end
 * before them. It does not know JSX.
 */

/** A file of the project; the path is relative to its root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** The words after which a slash begins a regular expression, though they look like a value. */
const BEFORE_EXPRESSION =
  /(?:^|[^\w$])(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)$/;

/**
 * The source with comments, and if asked for the contents of strings, turned into blanks. Every character keeps
 * its place, so that lines and columns still hold. Code inside of a template stays.
 */
export function codeOnly(text: string, keepStrings = false): string {
  const out = text.split("");
  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== "\n") out[i] = " ";
  };
  /** Depths of braces at which the code inside of a template ends. */
  const templates: number[] = [];
  let depth = 0;
  let code = ""; // what was seen of the code so far, for telling a division from a regular expression
  let at = 0;

  const templateFrom = (start: number): number => {
    let i = start;
    while (i < text.length && text[i] !== "`") {
      if (text[i] === "\\") i++;
      else if (text.startsWith("${", i)) {
        if (!keepStrings) blank(start, i);
        templates.push(depth++);
        return i + 2;
      }
      i++;
    }
    if (!keepStrings) blank(start, i);
    return i + 1;
  };

  while (at < text.length) {
    const char = text[at] as string; // at is below the length
    if (text.startsWith("//", at)) {
      const end = endOr(text.indexOf("\n", at), text.length);
      blank(at, end);
      at = end;
    } else if (text.startsWith("/*", at)) {
      const end = endOr(text.indexOf("*/", at + 2), text.length - 2) + 2;
      blank(at, end);
      at = end;
    } else if (char === '"' || char === "'") {
      let end = at + 1;
      while (end < text.length && text[end] !== char && text[end] !== "\n") end += text[end] === "\\" ? 2 : 1;
      if (!keepStrings) blank(at + 1, end);
      at = end + 1;
      code = '"';
    } else if (char === "`") {
      at = templateFrom(at + 1);
      code = text[at - 1] === "`" ? '"' : "{";
    } else if (char === "/" && beginsExpression(code)) {
      let end = at + 1;
      let inClass = false;
      while (end < text.length && text[end] !== "\n" && (inClass || text[end] !== "/")) {
        if (text[end] === "[") inClass = true;
        else if (text[end] === "]") inClass = false;
        end += text[end] === "\\" ? 2 : 1;
      }
      if (!keepStrings) blank(at + 1, end);
      at = end + 1;
      code = '"';
    } else {
      if (char === "{") depth++;
      if (char === "}" && templates.at(-1) === --depth) {
        templates.pop();
        at = templateFrom(at + 1);
        code = text[at - 1] === "`" ? '"' : "{";
        continue;
      }
      if (!/\s/.test(char)) code = (code + char).slice(-12);
      else if (/[\w$]$/.test(code)) code += " ";
      at++;
    }
  }
  return out.join("");
}

/** Whether a slash here can't be a division, going by the code before it. */
function beginsExpression(code: string): boolean {
  const before = code.trimEnd();
  return before === "" || /[(,=:[!&|?{};+\-*%<>~^]$/.test(before) || BEFORE_EXPRESSION.test(before);
}

const endOr = (found: number, otherwise: number): number => (found < 0 ? otherwise : found);

const STATIC_IMPORT = /(?:^|[;}\n])\s*(?:import|export)\b(?:[^"'`;()]*?\bfrom)?\s*["']([^"'\n]+)["']/g;
const DYNAMIC_IMPORT = /\b(?:import|require)\s*\(\s*["'`]([^"'`\n]+)["'`]/g;

/** Everything that a file takes from others, static and dynamic. */
export function importsOf(text: string): Import[] {
  const code = codeOnly(text, true);
  const imports: Import[] = [];
  const lineAt = (index: number): number => code.slice(0, index).split("\n").length;
  for (const match of code.matchAll(STATIC_IMPORT)) {
    const [whole, specifier = ""] = match;
    imports.push({ specifier, line: lineAt(match.index + whole.length - 1) });
  }
  for (const match of code.matchAll(DYNAMIC_IMPORT)) {
    imports.push({ specifier: match[1] ?? "", line: lineAt(match.index) });
  }
  return imports;
}

/** The project's file that a relative import means; undefined for a package. */
export function targetOfImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/").replace(/\.js$/, ".ts");
}
