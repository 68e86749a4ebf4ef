// Fixtures with decorators → CommonJS modules that node loads, with the types of properties that libraries ask for.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const require = createRequire(import.meta.url);

/** The exports of each of `files` below `root`, by the file. All are written before one is loaded: they import each other. */
export function load(library, root, files) {
  const out = path.join(path.dirname(fileURLToPath(import.meta.url)), 'work', library);
  const scripts = files.map((file) => translate(root, out, file));
  return new Map(files.map((file, at) => [file, require(scripts[at])]));
}

/** The classes that the modules export. */
export function classes(modules) {
  return [...modules.values()].flatMap((module) => Object.values(module)).filter((one) => typeof one === 'function');
}

function translate(root, out, file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    useDefineForClassFields: false,
  };
  const target = path.join(out, file.replace(/\.ts$/, '.js'));
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(path.join(out, 'package.json'), '{"type":"commonjs"}');
  fs.writeFileSync(target, ts.transpileModule(text, { compilerOptions }).outputText);
  return target;
}
