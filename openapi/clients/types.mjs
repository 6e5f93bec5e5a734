// Prints the TypeScript types of both documents. An enum that is open for reading (`x-extensible-enum`) becomes the values
// that are known, which an editor completes, and any other string, which is not refused: `"sent" | "seen" | (string & {})`.
import { readFile, writeFile } from "node:fs/promises";
import openapiTypescript, { astToString } from "openapi-typescript";
import ts from "typescript";

const literal = (value) => ts.factory.createLiteralTypeNode(ts.factory.createStringLiteral(value));
const anyOther = ts.factory.createIntersectionTypeNode([
  ts.factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword),
  ts.factory.createTypeLiteralNode([]),
]);

const transform = (schema) => {
  const known = schema["x-extensible-enum"];
  return known ? ts.factory.createUnionTypeNode([...known.map(literal), anyOther]) : undefined;
};

const [folder] = process.argv.slice(2);
for (const [document, name] of [["openapi.json", "contract"], ["sandbox.json", "sandbox"]]) {
  const parsed = JSON.parse(await readFile(new URL(`../${document}`, import.meta.url), "utf8"));
  const types = astToString(await openapiTypescript(parsed, { transform, defaultNonNullable: false }));
  await writeFile(`${folder}/${name}.d.ts`, types);
}
