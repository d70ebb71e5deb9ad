import type { Metadata } from "next";
import lone from "@/components/shell/lone.module.css";
import { NothingHere } from "@/components/shell/nothing-here";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main id="main" className={lone.page}>
      <NothingHere />
    </main>
  );
}
