/** Loads the audit apart from the rest: its libraries take a while, and the stages must not wait for them. */
export async function loadAudit(): Promise<
  typeof import('../audit/audit-run.ts') &
    typeof import('../run-folder/measurements.ts') &
    typeof import('../page/report-page.ts')
> {
  const audit = await import('../audit/audit-run.ts');
  await audit.loadScan();
  return {
    ...audit,
    ...(await import('../run-folder/measurements.ts')),
    ...(await import('../page/report-page.ts')),
  };
}
