/**
 * Decodes plain data with a schema and turns the first complaint into its path and one sentence: where, what was
 * expected, what was there. Unknown keys are complaints too: a misspelt key must not be ignored in silence.
 */
import * as Result from "@effect/schema/Result";
import * as Schema from "@effect/schema/Schema";
import * as Issues from "@effect/schema/SchemaIssue";
import { listed, pathText, shown } from "./input-error.js";
import { nearest } from "./nearest.js";

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly path: string; readonly message: string };

export type UnknownKeys = "refuse" | "ignore";

const leafMessage = Issues.makeFormatterDefault();

/** A schema of effect's, by what callers need to know of it: so that they can do without effect's types. */
export interface SchemaOf<T> {
  readonly Type: T;
}

/** Makes a decoder; schemas are compiled once, so keep it. */
export function decoder<T>(
  schema: SchemaOf<T>,
  unknownKeys: UnknownKeys = "refuse",
): (input: unknown, at?: readonly PropertyKey[]) => Decoded<T> {
  const codec = schema as Schema.Codec<T, unknown>; // there are no other schemas
  const decode = Schema.decodeUnknownResult(codec, {
    errors: "first",
    onExcessProperty: unknownKeys === "refuse" ? "error" : "ignore",
  });
  return (input, at = []) => {
    const result = decode(input);
    if (Result.isSuccess(result)) return { ok: true, value: result.success };
    return { ok: false, ...complaint(result.failure.issue, input, at) };
  };
}

/** A schema whose complaint reads `expected <expected>`, whatever it is that does not fit. */
export function expecting<S extends SchemaOf<unknown>>(
  schema: S,
  expected: string,
  fits: (value: S["Type"]) => boolean = () => true,
): S {
  const codec = schema as unknown as Schema.Codec<unknown, unknown>; // as above
  // The message names the identifier when the type is wrong, the expectation when only the value is.
  return codec.check(Schema.makeFilter(fits, { expected, identifier: expected })) as unknown as S; // its type is the same
}

function complaint(
  root: Issues.Issue,
  input: unknown,
  at: readonly PropertyKey[],
): { readonly path: string; readonly message: string } {
  const path: PropertyKey[] = [];
  let issue = root;
  let expected: string | undefined;
  while (issue._tag === "Composite" || issue._tag === "Pointer" || issue._tag === "Filter") {
    if (issue._tag === "Composite") {
      const first: Issues.Issue | undefined = issue.issues[0];
      if (first === undefined) break;
      issue = first;
    } else if (issue._tag === "Pointer") {
      path.push(...issue.path);
      issue = issue.issue;
    } else {
      expected = expectationOf(issue);
      break;
    }
  }
  return { path: pathText([...at, ...path]), message: sentence(issue, expected, valueAt(input, path), path) };
}

function sentence(
  issue: Issues.Issue,
  expected: string | undefined,
  found: unknown,
  path: readonly PropertyKey[],
): string {
  if (issue._tag === "MissingKey") return "is missing";
  if (issue._tag === "UnexpectedKey") {
    const keys =
      issue.ast._tag === "Objects"
        ? issue.ast.propertySignatures.map((signature) => String(signature.name))
        : [];
    const near = nearest(String(path.at(-1)), keys);
    return near === undefined
      ? `unknown key; keys are ${listed(keys, 16)}`
      : `unknown key; did you mean "${near}"?`;
  }
  const wanted =
    expected ??
    leafMessage(issue)
      .split("\n")[0]
      ?.replace(/^Expected /, "") ??
    "something else";
  return `expected ${wanted}, got ${shown(found)}`;
}

function expectationOf(issue: Issues.Filter): string {
  const { expected } = issue.filter.annotations ?? {};
  return typeof expected === "string" ? expected : "a valid value";
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part]; // an own key, checked above
  }
  return value;
}
