export { measure_requests } from "./measure";
export { group_requests } from "./group";
export { map_requests, sample_requests } from "./places";
export { follow_requests } from "./follow";
