export function installBusybox(root: string): Promise<void>;
