// Says for every exported object type of the files below a folder what the TypeScript compiler knows of its fields, in
// the terms of db-inspect. Usage: node types.mjs <folder> <tsconfig or -> <file.ts>…
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const [root, config, ...files] = process.argv.slice(2);
const nearest = new Map();
const options = compilerOptions();
const host = ts.createCompilerHost(options);
const here = path.join(path.dirname(fileURLToPath(import.meta.url)), 'here.ts');
host.resolveModuleNameLiterals = (literals, from) =>
  literals.map(({ text }) => {
    const entry = workspaces.get(text);
    if (entry) return ts.resolveModuleName(entry.replace(/\.tsx?$/, ''), from, options, host);
    const found = ts.resolveModuleName(text, from, optionsAt(path.dirname(from)), host);
    return found.resolvedModule || text.startsWith('.') ? found : ts.resolveModuleName(text, here, options, host);
  });
const workspaces = workspacePackages();
const program = ts.createProgram(files.map((file) => path.join(root, file)), options, host);
const checker = program.getTypeChecker();
const types = files.flatMap((file) => declarations(program.getSourceFile(path.join(root, file)), file));
process.stdout.write(JSON.stringify({ types }));

function compilerOptions() {
  const base = { strict: true, skipLibCheck: true, noEmit: true, target: ts.ScriptTarget.ES2022, types: [] };
  const defaults = {
    ...base,
    jsx: ts.JsxEmit.Preserve,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  return config === '-' ? defaults : { ...parsed(path.join(root, config)), ...defaults };
}

function parsed(file) {
  const read = ts.getParsedCommandLineOfConfigFile(file, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} });
  return read?.options ?? {};
}

/** The options for modules of a folder: the `paths` of the nearest tsconfig.json below the root. */
function optionsAt(folder) {
  if (!nearest.has(folder)) {
    const file = path.join(folder, 'tsconfig.json');
    const inside = folder.startsWith(root) && folder !== root;
    const above = () => (inside ? optionsAt(path.dirname(folder)) : options);
    const own = ({ baseUrl, paths, pathsBasePath }) => ({ ...options, baseUrl, paths, pathsBasePath });
    nearest.set(folder, fs.existsSync(file) ? own(parsed(file)) : above());
  }
  return nearest.get(folder);
}

/** The packages of the monorepo itself: npm would link them into node_modules. */
function workspacePackages() {
  const folders = ['packages', 'apps', 'libs'].map((name) => path.join(root, name)).filter((folder) => fs.existsSync(folder));
  const packages = folders.flatMap((folder) => fs.readdirSync(folder).map((name) => path.join(folder, name)));
  return new Map(packages.flatMap(entries));
}

/** What a package exports, as names that are imported and the files behind them. */
function entries(folder) {
  const manifest = path.join(folder, 'package.json');
  if (!fs.existsSync(manifest)) return [];
  const { name, types, main, exports } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  const target = (of) => (typeof of === 'string' ? of : of && (of.types ?? of.import ?? of.default));
  const first = [['.', target(exports?.['.']) ?? types ?? main ?? 'src/index.ts']];
  const others = Object.entries(typeof exports === 'object' && exports ? exports : {}).map(([key, of]) => [key, target(of)]);
  return [...first, ...others]
    .filter(([key, file]) => name && file && /\.tsx?$/.test(file) && key.startsWith('.') && !key.includes('*'))
    .map(([key, file]) => [path.posix.join(name, key), path.join(folder, file)]);
}

function declarations(source, file) {
  const symbol = source && checker.getSymbolAtLocation(source);
  return symbol ? members(checker.getExportsOfModule(symbol), source, file, '') : [];
}

function members(symbols, source, file, prefix) {
  return symbols.flatMap((symbol) => {
    const own = symbol.declarations?.filter((one) => one.getSourceFile() === source) ?? [];
    if (own.length === 0 || symbol.flags & ts.SymbolFlags.Alias) return [];
    const name = prefix + declaredName(symbol, own);
    const inner =
      symbol.flags & ts.SymbolFlags.NamespaceModule
        ? members(checker.getExportsOfModule(symbol), source, file, `${name}.`)
        : [];
    const flags = ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Class;
    return symbol.flags & flags ? [...described(symbol, own, name, file), ...inner] : inner;
  });
}

function declaredName(symbol, own) {
  return symbol.name === 'default' ? (own.find((one) => one.name)?.name.text ?? 'default') : symbol.name;
}

function described(symbol, own, name, file) {
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const parts = type.isUnion() ? type.types : [type];
  const generic = own.some((one) => one.typeParameters?.length);
  if (generic || !parts.every(isPlainObject)) return [];
  const fields = checker.getPropertiesOfType(type).flatMap((property) => field(property, own[0]));
  const isAlias = !(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class));
  return fields.length === 0 && isAlias ? [] : [{ name, file, fields }];
}

function isPlainObject(type) {
  return (
    !!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) &&
    !isBranded(type) &&
    !type.getProperty('__select__') &&
    checker.getSignaturesOfType(type, ts.SignatureKind.Call).length === 0 &&
    !checker.isArrayType(type) &&
    !checker.isTupleType(type) &&
    !['Date', 'Uint8Array', 'Buffer', 'Map', 'ReadonlyMap', 'Set', 'ReadonlySet'].includes(type.symbol?.name)
  );
}

function field(property, at) {
  const flags = ts.getCombinedModifierFlags(property.valueDeclaration ?? at);
  if (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) return [];
  const name = property.valueDeclaration?.name;
  if ((name && ts.isPrivateIdentifier(name)) || property.name.startsWith('__@')) return [];
  if (property.flags & ts.SymbolFlags.Method) return [];
  if (isComputed(property)) return [];
  let type = checker.getTypeOfSymbolAtLocation(property, at);
  const parts = (type.isUnion() ? type.types : [type]).map(selected);
  const values = parts.flatMap((part) => (part.isUnion() ? part.types : [part]));
  const has = (flag) => values.some((value) => value.flags & flag);
  const rest = values.filter((value) => !(value.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void)));
  if (rest.length > 0 && rest.every(isFunction)) return [];
  const optional = !!(property.flags & ts.SymbolFlags.Optional) || has(ts.TypeFlags.Undefined | ts.TypeFlags.Void);
  const described = kind(rest, 0);
  const nullable = has(ts.TypeFlags.Null) && !described.any;
  return [{ name: property.name, optional, nullable, ...described }];
}

/** A getter of a class is no data, unless it can be assigned too and says its type. */
function isComputed(property) {
  if (!(property.flags & ts.SymbolFlags.Accessor)) return false;
  const inClass = property.declarations?.some((one) => ts.isClassLike(one.parent));
  const assigned = property.flags & ts.SymbolFlags.SetAccessor;
  const typed = property.declarations?.some((one) => one.type);
  return inClass ? !assigned || !typed : !typed;
}

function isFunction(type) {
  return (
    type.symbol?.name === 'Function' ||
    checker.getSignaturesOfType(type, ts.SignatureKind.Call).length > 0 ||
    checker.getSignaturesOfType(type, ts.SignatureKind.Construct).length > 0
  );
}

/** kysely's column types are read as what is selected. */
function selected(type) {
  const select = type.flags & ts.TypeFlags.Object ? type.getProperty('__select__') : undefined;
  return select ? checker.getTypeOfSymbol(select) : type;
}

function isBranded(type) {
  return type.isIntersection() && type.types.some((part) => part.flags & ts.TypeFlags.StringLike || part.flags & ts.TypeFlags.NumberLike);
}

function kind(values, depth) {
  if (values.length === 0) return { kind: 'union', members: [] };
  if (values.some((value) => value.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown))) return { kind: 'json', any: true };
  const kinds = values.map((value) => single(value, depth));
  const names = new Set(kinds.map((one) => one.kind));
  const isJson = ['string', 'number', 'boolean'].every((name) => names.has(name)) && (names.has('json') || names.has('array'));
  return isJson ? { kind: 'json', any: true } : merge(kinds);
}

function merge(kinds) {
  const text = kinds.some((one) => one.kind === 'string');
  const values = kinds.filter((one) => one.kind === 'enum').flatMap((one) => one.values);
  const others = kinds.filter((one) => one.kind !== 'enum');
  const distinct = [...new Map(others.map((one) => [JSON.stringify(one), one])).values()];
  if (values.length > 0 && !text) distinct.push({ kind: 'enum', values: [...new Set(values)] });
  return distinct.length === 1 ? distinct[0] : { kind: 'union', members: distinct };
}

function single(type, depth) {
  const flags = type.flags;
  if (isBranded(type)) return single(type.types.find((part) => !(part.flags & ts.TypeFlags.Object)), depth);
  if (flags & ts.TypeFlags.StringLiteral) return { kind: 'enum', values: [type.value] };
  if (flags & ts.TypeFlags.StringLike) return { kind: 'string' };
  if (flags & ts.TypeFlags.BigIntLike) return { kind: 'bigint' };
  if (flags & ts.TypeFlags.BooleanLike) return { kind: 'boolean' };
  if (flags & ts.TypeFlags.NumberLike) return { kind: 'number' };
  if (flags & (ts.TypeFlags.Never | ts.TypeFlags.ESSymbolLike | ts.TypeFlags.TypeParameter)) return { kind: 'unresolved' };
  if (flags & ts.TypeFlags.Union) return kind(type.types, depth);
  if (isList(type)) return list(type, depth);
  if (type.isIntersection() && type.types.every(isList)) return list(type, depth);
  const name = type.symbol?.name;
  if (name === 'Date') return { kind: 'date' };
  if (['Buffer', 'Uint8Array', 'ArrayBuffer'].includes(name)) return { kind: 'bytes' };
  return isFunction(type) ? { kind: 'unresolved' } : { kind: 'json' };
}

function isList(type) {
  return checker.isArrayType(type) || checker.isTupleType(type);
}

function list(type, depth) {
  if (depth > 6) return { kind: 'unresolved' };
  const each = type.isIntersection() ? [checker.getIndexTypeOfType(type, ts.IndexKind.Number)] : checker.getTypeArguments(type);
  const elements = each.flatMap((one) => (one.isUnion() ? one.types : [one]));
  const values = elements.filter((one) => !(one.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)));
  return { kind: 'array', items: kind(values, depth + 1) };
}
