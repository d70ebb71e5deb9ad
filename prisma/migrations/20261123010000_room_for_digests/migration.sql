-- Every item is updated once, with the digest of its message: with room for that on its page no index is touched.
ALTER TABLE "SyncItem" SET (fillfactor = 80);
