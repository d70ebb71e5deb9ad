import { refuse, type GraphError } from "./errors";

export type Literal = string | number | boolean | null | Date;

export type Comparison = "eq" | "ne" | "gt" | "ge" | "lt" | "le";
export type TextTest = "startswith" | "endswith" | "contains";

/** A parsed `$filter`. */
export type Filter =
  | { readonly kind: "and"; readonly parts: readonly Filter[] }
  | { readonly kind: "or"; readonly parts: readonly Filter[] }
  | { readonly kind: "not"; readonly part: Filter }
  | {
      readonly kind: "test";
      readonly path: string;
      readonly operator: Comparison | TextTest;
      readonly value: Literal;
    }
  | {
      readonly kind: "any";
      readonly path: string;
      readonly variable: string;
      readonly part: Filter;
    };

type Token = { readonly kind: "word" | "literal" | "sign"; readonly text: string; value?: Literal };

const tokenPattern =
  /\s*(?:('(?:[^']|'')*')|(\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?(?![\w-]))|(-?\d+(?:\.\d+)?(?![\w-]))|([A-Za-z_@][\w.]*(?:\/[A-Za-z_]\w*)*)|([(),:]))/y;

const comparisons: readonly string[] = ["eq", "ne", "gt", "ge", "lt", "le"];
const textTests: readonly string[] = ["startswith", "endswith", "contains"];

export function parseFilter(text: string): Filter {
  const tokens = tokenize(text);
  let next = 0;

  const peek = (offset = 0) => tokens[next + offset];
  const isWord = (word: string) => peek()?.kind === "word" && peek()?.text.toLowerCase() === word;
  const take = (): Token => {
    const token = tokens[next];
    if (token === undefined) throw invalid(text);
    next += 1;
    return token;
  };
  const expect = (sign: string) => {
    const token = take();
    if (token.kind !== "sign" || token.text !== sign) throw invalid(text);
  };
  const literal = (): Literal => {
    const token = take();
    if (token.kind !== "literal" || token.value === undefined) throw invalid(text);
    return token.value;
  };

  const either = (): Filter => joined("or", () => joined("and", unary));
  const joined = (kind: "and" | "or", part: () => Filter): Filter => {
    const parts = [part()];
    while (isWord(kind)) {
      next += 1;
      parts.push(part());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind, parts };
  };
  const unary = (): Filter => {
    if (isWord("not")) {
      next += 1;
      return { kind: "not", part: unary() };
    }
    if (peek()?.kind === "sign") {
      expect("(");
      const inner = either();
      expect(")");
      return inner;
    }
    return test();
  };
  const test = (): Filter => {
    const { kind, text: path } = take();
    if (kind !== "word") throw invalid(text);
    if (peek()?.text === "(") return call(path);
    const operator = take().text.toLowerCase();
    if (operator === "in") return listed(path);
    if (!comparisons.includes(operator)) throw invalid(text);
    return { kind: "test", path, operator: operator as Comparison, value: literal() };
  };
  const listed = (path: string): Filter => {
    expect("(");
    const parts: Filter[] = [];
    do parts.push({ kind: "test", path, operator: "eq", value: literal() });
    while (take().text === ",");
    return { kind: "or", parts };
  };
  const call = (name: string): Filter => {
    const lower = name.toLowerCase();
    expect("(");
    if (lower.endsWith("/any")) {
      const variable = take().text;
      expect(":");
      const part = either();
      expect(")");
      return { kind: "any", path: name.slice(0, -"/any".length), variable, part };
    }
    if (!textTests.includes(lower)) throw invalid(text);
    const path = take();
    if (path.kind !== "word") throw invalid(text);
    expect(",");
    const value = literal();
    expect(")");
    return { kind: "test", path: path.text, operator: lower as TextTest, value };
  };

  const filter = either();
  if (next !== tokens.length) throw invalid(text);
  return filter;
}

/** Whether a value passes one test. Text is compared without regard to case, as Microsoft's stores do. */
export function passes(actual: unknown, operator: Comparison | TextTest, wanted: Literal): boolean {
  if (wanted instanceof Date) return comparePair(Number(actual), operator, wanted.getTime());
  if (typeof wanted === "string" && typeof actual === "string") {
    const [left, right] = [actual.toLowerCase(), wanted.toLowerCase()];
    if (operator === "startswith") return left.startsWith(right);
    if (operator === "endswith") return left.endsWith(right);
    if (operator === "contains") return left.includes(right);
    return comparePair(left, operator, right);
  }
  if (typeof wanted === "number" && typeof actual === "number") {
    return comparePair(actual, operator, wanted);
  }
  if (operator === "eq") return (actual ?? null) === wanted;
  if (operator === "ne") return (actual ?? null) !== wanted;
  return false;
}

/** The number of tests in a filter; the directory takes fifteen that are joined with `or`. */
export function countTests(filter: Filter): number {
  if (filter.kind === "test") return 1;
  if (filter.kind === "not" || filter.kind === "any") return countTests(filter.part);
  return filter.parts.reduce((sum, part) => sum + countTests(part), 0);
}

function comparePair<T extends string | number>(left: T, operator: string, right: T): boolean {
  if (operator === "eq") return left === right;
  if (operator === "ne") return left !== right;
  if (operator === "gt") return left > right;
  if (operator === "ge") return left >= right;
  if (operator === "lt") return left < right;
  return operator === "le" && left <= right;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  let end = 0;
  while (end < text.trimEnd().length) {
    const match = tokenPattern.exec(text);
    if (match === null) throw invalid(text);
    end = tokenPattern.lastIndex;
    const [, quoted, date, number, word, sign] = match;
    if (quoted !== undefined) {
      tokens.push(literalToken(quoted, quoted.slice(1, -1).replaceAll("''", "'")));
    } else if (date !== undefined) {
      const value = new Date(date);
      if (Number.isNaN(value.getTime())) throw invalid(text);
      tokens.push(literalToken(date, value));
    } else if (number !== undefined) {
      tokens.push(literalToken(number, Number(number)));
    } else if (word !== undefined) {
      const constant = constants.get(word.toLowerCase());
      tokens.push(
        constant === undefined ? { kind: "word", text: word } : literalToken(word, constant),
      );
    } else {
      tokens.push({ kind: "sign", text: sign ?? "" });
    }
  }
  return tokens;
}

const constants = new Map<string, boolean | null>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function literalToken(text: string, value: Literal): Token {
  return { kind: "literal", text, value };
}

function invalid(text: string): GraphError {
  return refuse.badRequest(`Invalid filter clause: '${text}'.`);
}
