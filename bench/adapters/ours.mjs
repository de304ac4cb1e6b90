export * from '../adapter.mjs'
