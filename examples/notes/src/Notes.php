<?php

declare(strict_types=1);

namespace Notes;

use Highper\Db;
use Highper\Http\NotFound;

/** The notes in the database. */
final readonly class Notes
{
    public function __construct(private Db $db)
    {
    }

    /**
     * Newest change first; `$search` is looked for in title and body.
     *
     * @return array{items: list<Note>, total: int, page: int, pages: int}
     */
    public function page(string $search, int $page, int $size): array
    {
        $where = '';
        $values = [];
        if ($search !== '') {
            $where = "WHERE LOWER(title) LIKE ? ESCAPE '!' OR LOWER(body) LIKE ? ESCAPE '!'";
            $values = array_fill(0, 2, '%' . strtr(strtolower($search), ['!' => '!!', '%' => '!%', '_' => '!_']) . '%');
        }
        $total = $this->db->fetchValue("SELECT COUNT(*) FROM notes {$where}", $values);

        return [
            'items' => $this->db->fetchAll(
                "SELECT * FROM notes {$where} ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?",
                [...$values, $size, ($page - 1) * $size],
                as: Note::class,
            ),
            'total' => $total,
            'page' => $page,
            'pages' => max(1, intdiv($total + $size - 1, $size)),
        ];
    }

    /** @throws NotFound */
    public function find(int $id): Note
    {
        return $this->db->fetchOne('SELECT * FROM notes WHERE id = ?', [$id], as: Note::class)
            ?? throw new NotFound("There is no note {$id}");
    }

    public function add(NoteInput $input): Note
    {
        $now = self::now();
        $row = ['title' => $input->title, 'body' => $input->body, 'created_at' => $now, 'updated_at' => $now];

        return new Note((int) $this->db->insert('notes', $row)->lastInsertId, $input->title, $input->body, $now, $now);
    }

    /** @throws NotFound */
    public function change(int $id, NoteInput $input): Note
    {
        $this->db->update('notes', ['title' => $input->title, 'body' => $input->body, 'updated_at' => self::now()], ['id' => $id]);

        return $this->find($id);
    }

    /** @throws NotFound */
    public function remove(int $id): void
    {
        if ($this->db->delete('notes', ['id' => $id]) === 0) {
            throw new NotFound("There is no note {$id}");
        }
    }

    /** @return array{notes: int, lastChange: ?string} */
    public function stats(): array
    {
        $row = $this->db->fetchOne('SELECT COUNT(*) AS notes, MAX(updated_at) AS last_change FROM notes');

        return ['notes' => $row['notes'], 'lastChange' => $row['last_change']];
    }

    /** Another text after each change of any note. */
    public function version(): string
    {
        return implode('-', $this->db->fetchOne('SELECT COUNT(*) AS notes, MAX(id) AS last_id, MAX(updated_at) AS last_change FROM notes'));
    }

    /** Deletes what nobody has changed for so many days. */
    public function purge(int $days): int
    {
        return $this->db->execute('DELETE FROM notes WHERE updated_at < ?', [self::now("-{$days} days")]);
    }

    private static function now(string $when = 'now'): string
    {
        return (new \DateTimeImmutable($when, new \DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z');
    }
}
