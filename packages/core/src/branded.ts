declare const brand: unique symbol

/** A string that crossed a trust boundary in one place, and has been checked there. */
export type Branded<Name extends string> = string & { readonly [brand]: Name }
