// Bundles every entry of src/ (each .ts and .css file directly in it) into the folder given as
// the only argument: one file per entry, minified, under its own name, and files.json with the
// short hash of each, by which pages tell browsers to fetch a changed file.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const out = process.argv[2];
if (!out) {
  console.error("usage: node build.mjs FOLDER");
  process.exit(2);
}
const src = fileURLToPath(new URL("src/", import.meta.url));
const entryPoints = readdirSync(src)
  .filter((name) => /\.(ts|css)$/.test(name) && !/\.d\.ts$/.test(name) && !name.startsWith("_"))
  .map((name) => join(src, name))
  .sort();

const result = await build({
  entryPoints,
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  loader: { ".svg": "file", ".woff2": "file" },
  assetNames: "[name]-[hash]",
  legalComments: "linked",
  charset: "utf8",
  logLevel: "warning",
  metafile: true,
});

const files = {};
for (const path of Object.keys(result.metafile.outputs).sort()) {
  const name = basename(path);
  files[name] = createHash("sha256").update(readFileSync(join(out, name))).digest("hex").slice(0, 12);
}
writeFileSync(join(out, "files.json"), JSON.stringify(files, null, 1) + "\n");
