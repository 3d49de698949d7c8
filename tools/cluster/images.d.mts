export const busyboxImage: string;
