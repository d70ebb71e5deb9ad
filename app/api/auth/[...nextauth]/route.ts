import NextAuth from "next-auth";
import type { NextRequest } from "next/server";
import { authOptions } from "@/app/_server/auth";

type Context = { readonly params: Promise<{ nextauth: string[] }> };

async function handle(request: NextRequest, context: Context): Promise<Response> {
  const { nextauth } = await context.params;
  // Its sign-out would only take the cookie away; ours ends the session and is recorded.
  if (nextauth[0] === "signout") return new Response("Not found", { status: 404 });
  const answer: unknown = await NextAuth(request, context, authOptions());
  return answer as Response;
}

export { handle as GET, handle as POST };
