/** How a file or folder in our private folder begins that nobody else has: it is never removed with the rest. */
export const RESCUED = 'rescued-';
