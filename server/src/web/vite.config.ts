// How is the page built? Into four files with fixed names, which the server embeds and lists in `net/http/page.rs`.

import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      output: {
        codeSplitting: false,
        entryFileNames: "app.js",
        assetFileNames: "app.[ext]",
      },
    },
  },
  server: {
    // `npm run dev` beside a gateway on its default port.
    proxy: { "/ximss": { target: "ws://127.0.0.1:8100", ws: true }, "/Session": { target: "http://127.0.0.1:8100" } },
  },
  // On a busy machine the random tests take a while.
  test: { include: ["**/*.test.ts"], testTimeout: 30_000 },
});
