<?php

declare(strict_types=1);

namespace App;

use Highper\Db;
use Highper\Transaction;

readonly class Notes
{
    public function __construct(private Db $db)
    {
    }

    public function page(int $page): array
    {
        return $this->db->fetchAll('SELECT id, title, owner FROM notes ORDER BY id LIMIT 10 OFFSET ?', [10 * ($page - 1)]);
    }

    public function find(int $id): ?Note
    {
        return $this->db->fetchOne('SELECT * FROM notes WHERE id = ?', [$id], as: Note::class);
    }

    public function add(CreateNote $in, int $by): Note
    {
        return $this->db->transaction(fn (Transaction $tx) =>
            $this->find($tx->insert('notes', ['title' => $in->title, 'owner' => $by])->lastInsertId));
    }
}
