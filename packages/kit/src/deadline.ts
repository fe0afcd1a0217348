/** Rejects with `lateError()` when `work` takes longer than `ms`. The work is not cancelled. */
export const withDeadline = async <T>(
  work: Promise<T>,
  ms: number,
  lateError: () => Error,
): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(lateError()), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};
