-- What is wrong with the lines of one page, however many errors the file has.
CREATE INDEX "MappingProblem_mappingFileId_line_idx" ON "MappingProblem"("mappingFileId", "line");
