<?php

declare(strict_types=1);

namespace Highper\Db;

/** A step in the life of a database: a file of the folder `migrations` returns one. */
abstract class Migration
{
    /** Is all of it done or nothing? Where the database can do that: not MySQL, whose statements about tables commit by themselves. */
    public bool $transaction = true;

    abstract public function up(Schema $schema): void;

    public function down(Schema $schema): void
    {
        throw new \LogicException('this migration has no down(), so it can\'t be undone');
    }
}
