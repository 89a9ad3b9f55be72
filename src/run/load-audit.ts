/** The libraries take a while to load, for which the stages are not to wait. */
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
