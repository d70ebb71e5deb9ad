import NextAuth from "next-auth";
import type { NextRequest } from "next/server";
import { authOptions } from "@/app/_server/auth";

type Context = { readonly params: Promise<{ nextauth: string[] }> };

async function handle(request: NextRequest, context: Context): Promise<Response> {
  const answer: unknown = await NextAuth(request, context, authOptions());
  return answer as Response;
}

export { handle as GET, handle as POST };
