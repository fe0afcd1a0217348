import { build } from 'esbuild';

// `node build.mjs ENTRY NAME`, run in a workspace: bundles the entry and its packages, except `sharp`,
// into dist/NAME.js.
const [entry, name] = process.argv.slice(2);

// Bundled CommonJS packages call `require`, which an ES module does not have.
const banner = `import { createRequire as createRequireOf } from 'node:module';
const require = createRequireOf(import.meta.url);`;

await build({
  entryPoints: [entry],
  outfile: `dist/${name}.js`,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  sourcemap: true,
  sourcesContent: false,
  minifySyntax: true,
  // Only comments hold characters beyond ASCII. Without them the source takes half the memory.
  minifyWhitespace: true,
  external: ['sharp', 'pg-native', 'bufferutil', 'utf-8-validate'],
  banner: { js: banner },
  logLevel: 'warning',
});
