export * from "./decoding";
export * from "./checking";
export * from "./counting";
export * from "./requests";
export * from "./matching";
