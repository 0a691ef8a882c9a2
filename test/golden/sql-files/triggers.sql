-- Copyright, and other words about the whole file; not kept.

-- Counts the comments of a post.
-- The count is never below zero; see the CHECK.
CREATE TRIGGER IF NOT EXISTS comments_insert AFTER INSERT ON comments
FOR EACH ROW WHEN CASE WHEN new.hidden THEN 0 ELSE 1 END
BEGIN
  UPDATE posts SET comments = comments + 1 WHERE id = new.post; -- one; more
  INSERT INTO log VALUES ('END;', "new"."id", `new`.[id]);
  SELECT CASE
    WHEN new.body = ';' THEN RAISE(ABORT, 'a lone ; is no comment; END')
    ELSE CASE new.id WHEN 1 THEN 'first' END
  END;
END;

create trigger main."comments ; delete" instead of delete on [all comments] begin
  delete from comments where id = old.id;
  select 1 as "end" /* end; */;
end /* tail */ ; CREATE TRIGGER third BEFORE UPDATE OF "on", post ON comments BEGIN SELECT 1; END
