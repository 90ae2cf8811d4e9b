<?php

declare(strict_types=1);

namespace App;

use Highper\Attribute\WebSocket;
use Highper\WebSocket\Connection;

#[WebSocket('/rooms/{room}', queue: '256K', slow: 'drop-oldest')]
final class Room
{
    public function open(Connection $c, string $room): void
    {
        $c->join($room);
    }

    public function message(Connection $c, string $text, string $room): void
    {
        $c->to($room)->except($c)->send($text);
    }
}
