<?php

declare(strict_types=1);

namespace Notes;

use Highper\Http\NotFound;
use PDO;

/** The notes in the database. */
final readonly class Notes
{
    public function __construct(private Connections $connections)
    {
    }

    /**
     * Newest change first; `$search` is looked for in title and body.
     *
     * @return array{items: list<Note>, total: int, page: int, pages: int}
     */
    public function page(string $search, int $page, int $size): array
    {
        return $this->connections->use(function (PDO $db) use ($search, $page, $size): array {
            $where = '';
            $values = [];
            if ($search !== '') {
                $where = "WHERE title LIKE ? ESCAPE '!' OR body LIKE ? ESCAPE '!'";
                $values = array_fill(0, 2, '%' . strtr($search, ['!' => '!!', '%' => '!%', '_' => '!_']) . '%');
            }
            $count = $db->prepare("SELECT COUNT(*) FROM notes {$where}");
            $count->execute($values);
            $total = (int) $count->fetchColumn();

            $offset = ($page - 1) * $size;
            $rows = $db->prepare("SELECT * FROM notes {$where} ORDER BY updated_at DESC, id DESC LIMIT {$size} OFFSET {$offset}");
            $rows->execute($values);

            return [
                'items' => array_map(Note::fromRow(...), $rows->fetchAll()),
                'total' => $total,
                'page' => $page,
                'pages' => max(1, intdiv($total + $size - 1, $size)),
            ];
        });
    }

    /** @throws NotFound */
    public function find(int $id): Note
    {
        return $this->connections->use(fn (PDO $db): Note => self::read($db, $id));
    }

    public function add(NoteInput $input): Note
    {
        return $this->connections->use(function (PDO $db) use ($input): Note {
            $now = self::now();
            $db->prepare('INSERT INTO notes (title, body, created_at, updated_at) VALUES (?, ?, ?, ?)')
                ->execute([$input->title, $input->body, $now, $now]);

            return new Note((int) $db->lastInsertId(), $input->title, $input->body, $now, $now);
        });
    }

    /** @throws NotFound */
    public function change(int $id, NoteInput $input): Note
    {
        return $this->connections->use(function (PDO $db) use ($id, $input): Note {
            $db->prepare('UPDATE notes SET title = ?, body = ?, updated_at = ? WHERE id = ?')
                ->execute([$input->title, $input->body, self::now(), $id]);

            return self::read($db, $id);
        });
    }

    /** @throws NotFound */
    public function remove(int $id): void
    {
        $this->connections->use(function (PDO $db) use ($id): void {
            $gone = $db->prepare('DELETE FROM notes WHERE id = ?');
            $gone->execute([$id]);
            if ($gone->rowCount() === 0) {
                throw new NotFound("There is no note {$id}");
            }
        });
    }

    /** @return array{notes: int, lastChange: ?string} */
    public function stats(): array
    {
        return $this->connections->use(function (PDO $db): array {
            $row = $db->query('SELECT COUNT(*) AS notes, MAX(updated_at) AS last_change FROM notes')->fetch();

            return ['notes' => (int) $row['notes'], 'lastChange' => $row['last_change']];
        });
    }

    /** Another text after each change of any note. */
    public function version(): string
    {
        return $this->connections->use(function (PDO $db): string {
            $row = $db->query('SELECT COUNT(*) AS notes, MAX(id) AS last_id, MAX(updated_at) AS last_change FROM notes')->fetch();

            return "{$row['notes']}-{$row['last_id']}-{$row['last_change']}";
        });
    }

    /** Deletes what nobody has changed for so many days. */
    public function purge(int $days): int
    {
        return $this->connections->use(function (PDO $db) use ($days): int {
            $old = $db->prepare('DELETE FROM notes WHERE updated_at < ?');
            $old->execute([self::now("-{$days} days")]);

            return $old->rowCount();
        });
    }

    private static function read(PDO $db, int $id): Note
    {
        $query = $db->prepare('SELECT * FROM notes WHERE id = ?');
        $query->execute([$id]);
        $row = $query->fetch();

        return $row === false ? throw new NotFound("There is no note {$id}") : Note::fromRow($row);
    }

    private static function now(string $when = 'now'): string
    {
        return (new \DateTimeImmutable($when, new \DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z');
    }
}
