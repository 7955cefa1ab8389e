import { defineConfig } from 'vite';

// The tests of what needs no browser, made plain JavaScript for node's own test runner.
export default defineConfig({
  build: {
    ssr: true,
    outDir: '../../artifacts/page-tests',
    emptyOutDir: true,
    rollupOptions: { input: ['test/model.test.ts', 'test/modelMoments.test.ts', 'test/moments.test.ts', 'test/stream.test.ts', 'test/steering.test.ts', 'test/talk.test.ts'], output: { entryFileNames: '[name].mjs' } },
  },
});
