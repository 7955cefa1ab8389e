import { defineConfig } from 'vite';

// To work on the page beside a running silo: JTFA_SILO=http://127.0.0.1:5080 npm run dev
const silo = process.env['JTFA_SILO'] ?? 'http://127.0.0.1:5080';

export default defineConfig({
  // Whatever refers to another file does so relatively: a proxy may serve the page under any path.
  base: './',
  build: {
    outDir: '../wwwroot',
    emptyOutDir: true,
    // The silo's Content-Security-Policy lets no script stand in the page itself.
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 200,
  },
  server: { proxy: { '/v1': silo } },
});
