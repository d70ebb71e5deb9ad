import { NothingHere } from "@/components/shell/nothing-here";

/** Inside the frame: the connector is gone, the portal is not. */
export default function NotFound() {
  return <NothingHere />;
}
