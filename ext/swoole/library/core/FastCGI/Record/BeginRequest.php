<?php

declare(strict_types=1);

namespace Swoole\FastCGI\Record;

use Swoole\FastCGI;
use Swoole\FastCGI\Record;

/** The start of a request: what the application shall be, and whether the connection stays. */
class BeginRequest extends Record
{
    protected int $role = FastCGI::UNKNOWN_ROLE;

    /** FastCGI::KEEP_CONN or 0 */
    protected int $flags;

    protected string $reserved1;

    public function __construct(int $role = FastCGI::UNKNOWN_ROLE, int $flags = 0, string $reserved = '')
    {
        $this->type = FastCGI::BEGIN_REQUEST;
        $this->role = $role;
        $this->flags = $flags;
        $this->reserved1 = $reserved;
        $this->setContentData($this->packPayload());
    }

    public function getRole(): int
    {
        return $this->role;
    }

    public function getFlags(): int
    {
        return $this->flags;
    }

    protected static function unpackPayload(Record $self, string $binaryData): void
    {
        if ($self->getContentLength() < 8) {
            throw new \RuntimeException('Can not unpack data from the binary buffer');
        }
        ['role' => $self->role, 'flags' => $self->flags, 'reserved' => $self->reserved1]
            = \unpack('nrole/Cflags/a5reserved', $binaryData);
    }

    protected function packPayload(): string
    {
        return \pack('nCa5', $this->role, $this->flags, $this->reserved1);
    }
}
