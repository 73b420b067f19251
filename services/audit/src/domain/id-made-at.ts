/** When a UUIDv7, or a UUIDv8 that begins like one, was made: the first 48 bits are milliseconds since 1970. */
export const idMadeAt = (id: string): Date =>
  new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
