import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import liquibase.Liquibase;
import liquibase.Scope;
import liquibase.change.Change;
import liquibase.change.DbmsTargetedChange;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.DatabaseList;
import liquibase.resource.DirectoryResourceAccessor;
import liquibase.sql.Sql;
import liquibase.sql.visitor.SqlVisitor;
import liquibase.sqlgenerator.SqlGeneratorFactory;
import liquibase.statement.SqlStatement;

/**
 * What Liquibase itself would run: one line of JSON for each changeSet.
 *
 * <p>java -cp 'LIB/*' Render.java URL ROOT CHANGELOG, with a URL like offline:postgresql.
 */
public class Render {
  public static void main(String[] args) throws Exception {
    Logger.getLogger("liquibase").setLevel(Level.OFF);
    DirectoryResourceAccessor files = new DirectoryResourceAccessor(Path.of(args[1]));
    Database database = DatabaseFactory.getInstance().openDatabase(args[0], null, null, null, files);
    Liquibase liquibase = new Liquibase(args[2], files, database);
    Scope.child(
        Scope.Attr.resourceAccessor, files, () -> print(liquibase.getDatabaseChangeLog(), database));
  }

  private static void print(DatabaseChangeLog changelog, Database database) {
    for (ChangeSet changeSet : changelog.getChangeSets()) {
      if (!DatabaseList.definitionMatches(changeSet.getDbmsSet(), database, true)) {
        continue;
      }
      database.setObjectQuotingStrategy(changeSet.getObjectQuotingStrategy());
      List<String> up = new ArrayList<>();
      List<String> down = new ArrayList<>();
      String error = null;
      try {
        for (Change change : changeSet.getChanges()) {
          String dbms = change instanceof DbmsTargetedChange targeted ? targeted.getDbms() : null;
          if (DatabaseList.definitionMatches(dbms, database, true)) {
            up.addAll(sql(change.generateStatements(database), changeSet, database, false));
          }
        }
      } catch (Exception problem) {
        error = problem.getClass().getSimpleName();
      }
      String origin = "written";
      try {
        if (changeSet.getRollback() != null && !changeSet.getRollback().getChanges().isEmpty()) {
          for (Change change : changeSet.getRollback().getChanges()) {
            down.addAll(sql(change.generateStatements(database), changeSet, database, true));
          }
        } else {
          origin = "derived";
          List<Change> changes = new ArrayList<>(changeSet.getChanges());
          Collections.reverse(changes);
          for (Change change : changes) {
            if (!change.supportsRollback(database)) {
              origin = "none";
            }
          }
          for (Change change : origin.equals("none") ? List.<Change>of() : changes) {
            down.addAll(sql(change.generateRollbackStatements(database), changeSet, database, true));
          }
        }
      } catch (Exception problem) {
        origin = "none";
        down.clear();
      }
      System.out.println(
          "{\"path\": " + quoted(changeSet.getFilePath()) + ", \"id\": " + quoted(changeSet.getId())
              + ", \"author\": " + quoted(changeSet.getAuthor())
              + ", \"transaction\": " + changeSet.isRunInTransaction()
              + ", \"error\": " + quoted(error) + ", \"up\": " + list(up)
              + ", \"down\": " + list(down) + ", \"origin\": " + quoted(origin) + "}");
    }
  }

  private static List<String> sql(
      SqlStatement[] statements, ChangeSet changeSet, Database database, boolean rollback) {
    List<String> found = new ArrayList<>();
    for (SqlStatement statement : statements) {
      for (Sql sql : SqlGeneratorFactory.getInstance().generateSql(statement, database)) {
        String text = sql.toSql();
        for (SqlVisitor visitor : changeSet.getSqlVisitors()) {
          if (rollback && !visitor.isApplyToRollback()) {
            continue;
          }
          if (visitor.getApplicableDbms() == null || visitor.getApplicableDbms().isEmpty()
              || visitor.getApplicableDbms().contains(database.getShortName())) {
            text = visitor.modifySql(text, database);
          }
        }
        found.add(text);
      }
    }
    return found;
  }

  private static String list(List<String> values) {
    List<String> quoted = new ArrayList<>();
    values.forEach(value -> quoted.add(quoted(value)));
    return "[" + String.join(", ", quoted) + "]";
  }

  private static String quoted(String value) {
    if (value == null) {
      return "null";
    }
    StringBuilder out = new StringBuilder("\"");
    for (char c : value.toCharArray()) {
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}
