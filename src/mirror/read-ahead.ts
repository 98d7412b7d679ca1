/** What a reader makes of each item, some items ahead of whoever takes the results, which come in order. */
export async function* readAhead<Item, Result>(
  items: readonly Item[],
  width: number,
  read: (item: Item, at: number) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  let next = 0;
  while (next < items.length || underWay.length > 0) {
    for (const item of items.slice(next, next + Math.max(0, width - underWay.length))) {
      const reading = read(item, next);
      // Whoever takes it hears of its failure; until then nobody listens.
      reading.catch(() => undefined);
      underWay.push(reading);
      next += 1;
    }
    const first = underWay.shift();
    if (first !== undefined) yield await first;
  }
}
