export { match_records } from "./match";
