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
use Highper\Attribute\Range;
use Highper\Attribute\Status;
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
    public function index(
        #[Query] string $q = '',
        #[Query, Range(1, self::PAGE_LIMIT)] int $page = 1,
        #[Query, Range(1, self::SIZE_LIMIT)] int $size = 24,
    ): array {
        return $this->notes->page(trim($q), $page, $size);
    }

    #[Get('/{id}')]
    public function show(int $id): Note
    {
        return $this->notes->find($id);
    }

    #[Post]
    public function create(#[Body] NoteInput $input): Response
    {
        $note = $this->notes->add($input);

        return Response::json($note, 201)->withHeader('Location', "/api/notes/{$note->id}");
    }

    #[Put('/{id}')]
    public function update(int $id, #[Body] NoteInput $input): Note
    {
        return $this->notes->change($id, $input);
    }

    #[Delete('/{id}'), Status(204)]
    public function delete(int $id): void
    {
        $this->notes->remove($id);
    }
}
