// The part of a survey that another thread asks for by its name.
import type { PartSpec, SurveyPart } from './part.ts';

/** Loads a part, which a page that does not use it never does. */
export async function partNamed({ name, options }: PartSpec): Promise<SurveyPart<unknown>> {
  if (name === 'summary') {
    const { summaryPart } = await import('../summary/summary-part.ts');
    return summaryPart() as SurveyPart<unknown>;
  }
  if (name === 'check') {
    const { checkPart } = await import('../check/check-part.ts');
    return checkPart(options as Parameters<typeof checkPart>[0]) as SurveyPart<unknown>;
  }
  if (name === 'zones') {
    const { zonesPart } = await import('./zones.ts');
    return zonesPart() as SurveyPart<unknown>;
  }
  const { reportPart } = await import('../report/report-part.ts');
  return reportPart(options as Parameters<typeof reportPart>[0]) as SurveyPart<unknown>;
}
