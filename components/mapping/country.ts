/** A country whose national phone numbers a file may hold. */
export type Country = { readonly code: string; readonly name: string };
