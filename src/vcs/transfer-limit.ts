/** Half a day, in milliseconds: as long as bytes move, a large first push may take its time. */
export const TRANSFER_LIMIT_MS = 43_200_000;
