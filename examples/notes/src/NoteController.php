<?php

declare(strict_types=1);

namespace Notes;

use Highper\Attribute\Body;
use Highper\Attribute\Controller;
use Highper\Attribute\Delete;
use Highper\Attribute\Get;
use Highper\Attribute\Middleware;
use Highper\Attribute\Post;
use Highper\Attribute\Put;
use Highper\Attribute\Query;
use Highper\Attribute\Status;
use Highper\Http\HttpException;
use Highper\Http\Response;

/** The REST API. */
#[Controller('/api/notes'), Middleware(SameOrigin::class)]
final readonly class NoteController
{
    private const SIZE_LIMIT = 100;
    private const PAGE_LIMIT = 1_000_000;

    public function __construct(private Notes $notes)
    {
    }

    /** @return array{items: list<Note>, total: int, page: int, pages: int} */
    #[Get]
    public function index(#[Query] string $q = '', #[Query] int $page = 1, #[Query] int $size = 24): array
    {
        if ($page < 1 || $page > self::PAGE_LIMIT) {
            throw new HttpException(400, "page must be 1 to " . self::PAGE_LIMIT . ", not {$page}");
        }
        if ($size < 1 || $size > self::SIZE_LIMIT) {
            throw new HttpException(400, "size must be 1 to " . self::SIZE_LIMIT . ", not {$size}");
        }

        return $this->notes->page(trim($q), $page, $size);
    }

    #[Get('/{id}')]
    public function show(int $id): Note
    {
        return $this->notes->find($id);
    }

    /** @param array<array-key, mixed> $fields */
    #[Post]
    public function create(#[Body] array $fields): Response
    {
        $note = $this->notes->add(NoteInput::from($fields));

        return Response::json($note, 201)->withHeader('Location', "/api/notes/{$note->id}");
    }

    /** @param array<array-key, mixed> $fields */
    #[Put('/{id}')]
    public function update(int $id, #[Body] array $fields): Note
    {
        return $this->notes->change($id, NoteInput::from($fields));
    }

    #[Delete('/{id}'), Status(204)]
    public function delete(int $id): void
    {
        $this->notes->remove($id);
    }
}
