import { build } from 'esbuild';

// `node build.mjs ENTRY NAME`, run in a workspace: one file with all that it needs but `sharp`.
const [entry, name] = process.argv.slice(2);

// Libraries that are CommonJS inside look for `require`, which an ES module does not have.
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
  // Without comments all is ASCII, which halves what the source takes in memory.
  minifyWhitespace: true,
  external: ['sharp', 'pg-native', 'bufferutil', 'utf-8-validate'],
  banner: { js: banner },
  logLevel: 'warning',
});
