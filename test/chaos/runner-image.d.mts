export function ensureRunnerImage(directory: string): Promise<{ readonly name: string; readonly archive: string }>;
