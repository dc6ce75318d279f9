/** The version of aioscope. A test holds it against package.json. */
export const version = '0.1.0';
