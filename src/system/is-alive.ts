/** Whether a process of that id is there. Ids are used again: ask only about one that was there lately. */
export function isAlive(pid: number): boolean {
  // 0 and below would speak of process groups.
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
