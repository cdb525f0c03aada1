import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    target: 'es2022',
    // The page is served under a strict Content-Security-Policy: every script and style is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssMinify: true,
  },
})
