/** Stands in for a package that this page never calls; see the alias in vite.config.ts. */
export default {}
